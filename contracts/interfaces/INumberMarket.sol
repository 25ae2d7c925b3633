// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Numbers for sale at a fixed price
/// @notice Without escrow: the seller keeps the number until it is bought. A listing dies for good when the number
///         changes hands (moves too), or when the market's approval is touched. No fee is taken.
interface INumberMarket {
    /// @notice Only the owner of the number may do this. `owner` is zero when nobody holds it.
    /// @param number The number.
    /// @param caller The account that called.
    /// @param owner The account that holds the number; zero when nobody does.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The owner has not approved the market for the number in the registry: do that first.
    /// @param number The number.
    error MarketNotApproved(uint256 number);

    /// @notice A price is 1 wei to 2^128 - 1.
    /// @param price The price that was given, in wei.
    error PriceOutOfRange(uint256 price);

    /// @notice The number is not for sale.
    /// @param number The number.
    error NotListed(uint256 number);

    /// @notice The number costs another price than the buyer named.
    /// @param number The number.
    /// @param price What it costs, in wei.
    /// @param named What the buyer named, in wei.
    error PriceDiffers(uint256 number, uint256 price, uint256 named);

    /// @notice The payment is not exactly the price.
    /// @param price The price, in wei.
    /// @param paid What was sent, in wei.
    error WrongPayment(uint256 price, uint256 paid);

    /// @notice Something that the buyer saw of the number changed: look again. See ERC-5646.
    /// @param number The number.
    /// @param actual Its fingerprint now.
    /// @param named The fingerprint that the buyer named.
    error FingerprintDiffers(uint256 number, bytes32 actual, bytes32 named);

    /// @notice The buyer holds the number already.
    /// @param number The number.
    /// @param owner The account that holds it, and called.
    error BuyerIsOwner(uint256 number, address owner);

    /// @notice Nothing is owed to the account.
    /// @param account The account that called.
    error NothingOwed(address account);

    /// @notice The account did not accept what is owed to it.
    /// @param account The account that called.
    /// @param amount What is owed to it, in wei.
    error PaymentFailed(address account, uint256 amount);

    /// @notice `number` is for sale at `price` wei.
    /// @dev A reader may assume that an earlier listing of the number is replaced. The listing stays live until
    ///      Cancelled or Bought, or until the registry's `consentOf(number)` changes, of which the registry's own
    ///      events tell: Transfer, Approval, and ApprovalForAll for the market.
    /// @param number The number.
    /// @param epoch The epoch of the number, as the registry counts it.
    /// @param price The price, in wei.
    /// @param seller The account that holds the number.
    event Listed(uint256 indexed number, uint64 epoch, uint256 price, address indexed seller);

    /// @notice `number` is for sale no longer.
    /// @param number The number.
    event Cancelled(uint256 indexed number);

    /// @notice `number` was sold, and `price` wei are owed to the seller.
    /// @dev A reader may assume that the registry's Transfer to the buyer follows in the same transaction, and that
    ///      `owed(seller)` grew by `price`.
    /// @param number The number.
    /// @param seller The account that held the number.
    /// @param buyer The account that holds it now.
    /// @param price The price, in wei.
    event Bought(uint256 indexed number, address indexed seller, address indexed buyer, uint256 price);

    /// @notice `account` took all that was owed to it.
    /// @param account The account.
    /// @param amount What it took, in wei. `owed(account)` is 0 now.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Offers a number, or changes its price. The owner's call, after approving the market.
    /// @dev Reverts with NotOwner, PriceOutOfRange or MarketNotApproved.
    /// @param number The number.
    /// @param price The price, in wei: 1 to 2^128 - 1.
    function list(uint256 number, uint256 price) external;

    /// @notice Takes the offer back. The owner's call.
    /// @dev Reverts with NotOwner or NotListed.
    /// @param number The number.
    function cancel(uint256 number) external;

    /// @notice Buys a number, for the price and in the state that the buyer saw. The price is paid with the call.
    /// @dev Reverts with NotListed, PriceDiffers, WrongPayment, FingerprintDiffers or BuyerIsOwner.
    /// @param number The number.
    /// @param price The price that the buyer saw, in wei; exactly this is paid.
    /// @param fingerprint What `getStateFingerprint` of the registry gave when the buyer looked at the listed number.
    function buy(uint256 number, uint256 price, bytes32 fingerprint) external payable;

    /// @notice Pays the caller all that is owed to it.
    /// @dev Reverts with NothingOwed or PaymentFailed.
    function withdraw() external;

    /// @notice Says what a number costs, and whether it can be bought for that now.
    /// @param number The number.
    /// @return price The price, in wei; zero when the number is not listed.
    /// @return live Whether the listing still holds. One that is dead keeps its price until it is cancelled.
    function listing(uint256 number) external view returns (uint256 price, bool live);

    /// @notice Says what is owed to an account.
    /// @param account The account.
    /// @return The amount, in wei.
    function owed(address account) external view returns (uint256);
}
