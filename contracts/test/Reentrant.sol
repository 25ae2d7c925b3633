// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A receiver that calls again when it is paid or given a number, or takes nothing
contract Reentrant {
    address public target;
    bytes public payload;
    uint256 public value;
    bool public refuses;
    /// how often it called again, and with what success
    uint256 public tries;
    uint256 public successes;

    receive() external payable {
        require(!refuses, "takes nothing");
        _callAgain();
    }

    /// @notice ERC-721's hook for contracts that are given a token.
    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        require(!refuses, "takes nothing");
        _callAgain();
        return this.onERC721Received.selector;
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    /// @notice What to call when paid.
    function arm(address target_, uint256 value_, bytes calldata payload_) external {
        target = target_;
        value = value_;
        payload = payload_;
    }

    function execute(address to, uint256 value_, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory result) = to.call{value: value_}(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    function _callAgain() private {
        if (target == address(0)) return;
        ++tries;
        (bool ok,) = target.call{value: value}(payload);
        if (ok) ++successes;
    }
}
