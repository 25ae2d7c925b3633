// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Names for numbers
/// @notice A name is `label.eth` where there is ENS, and `label.tel` elsewhere. The label is 3 to 32 of a-z, 0-9 and -,
///         not with -- at the third place (the ASCII part of ENSIP-15), and at least one is a letter: else it would look
///         like a number. A number has one name at most. A name is void when its number changes hands. Where there is
///         ENS, the number's owner must own the name there too, whenever somebody asks for it.
interface INameAlias {
    /// @notice The label is not 3 to 32 of a-z, 0-9 and -, has -- at the third place, or has no letter.
    /// @param label The label that was given.
    error InvalidLabel(string label);

    /// @notice Only the owner of the number may do this. `owner` is zero when nobody holds it.
    /// @param number The number.
    /// @param caller The account that called.
    /// @param owner The account that holds the number; zero when nobody does.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The name stands for a number already.
    /// @param label The name, without .eth or .tel.
    /// @param number The number that it stands for.
    error NameTaken(string label, uint256 number);

    /// @notice In ENS the name belongs to another account than the caller.
    /// @param label The name, without .eth or .tel.
    /// @param caller The account that called.
    /// @param ensOwner The account that owns the name in ENS; zero when nobody does.
    error NotEnsOwner(string label, address caller, address ensOwner);

    /// @notice The number has no name to release.
    /// @param number The number.
    error NoName(uint256 number);

    /// @notice `label` stands for `number`, as long as that stays in `epoch`.
    /// @dev A reader may assume that the number had no other name in this epoch at that moment, and that the label
    ///      stood for no other number: a NameReleased came before where one did. With ENS the name stands only while
    ///      the number's owner owns it there, which no event of this contract tells.
    /// @param number The number.
    /// @param epoch The epoch of the number, as the registry counts it.
    /// @param label The name, without .eth or .tel.
    event NameClaimed(uint256 indexed number, uint64 epoch, string label);

    /// @notice `label` no longer stands for `number`.
    /// @dev A name whose number changed hands is void without this event. It comes then when somebody claims the name
    ///      anew, for the number that had it last.
    /// @param number The number that had the name.
    /// @param label The name, without .eth or .tel.
    event NameReleased(uint256 indexed number, string label);

    /// @notice Makes `label` the name of `number`, in place of the name that it has. The owner's call.
    /// @dev Reverts with InvalidLabel, NotOwner, NotEnsOwner or NameTaken.
    /// @param label The name, without .eth or .tel.
    /// @param number The number.
    function claim(string calldata label, uint256 number) external;

    /// @notice Takes the name of `number` away. The owner's call.
    /// @dev Reverts with NotOwner or NoName.
    /// @param number The number.
    function release(uint256 number) external;

    /// @notice Says which number a name stands for now.
    /// @param label The name, without .eth or .tel.
    /// @return The number, or 0 when the name stands for none.
    function numberOf(string calldata label) external view returns (uint256);

    /// @notice Says which name a number has now.
    /// @param number The number.
    /// @return The name with .eth or .tel, empty when there is none. `numberOf` that name is the number.
    function nameOf(uint256 number) external view returns (string memory);

    /// @notice Says what the names end in.
    /// @return The text ".eth" where ENS vouches for the names, ".tel" where there is no ENS.
    function suffix() external view returns (string memory);
}
